package io.hyperlight.internal.linux.fd;

/** The options of a socket that have an effect, or are at least remembered. */
final class SocketOptions {
  /** The size of a new buffer, which is also the largest that can be set: {@code wmem_max}. */
  static final int BUFFER = 212_992;

  static final int MIN_SENT = 4608;
  static final int MIN_RECEIVED = 2304;

  static final SocketOptions INITIAL = new SocketOptions();

  private int sendBuffer = BUFFER;
  private int receiveBuffer = BUFFER;

  /** In nanoseconds; 0 for no limit. */
  private long sendTimeout;

  private long receiveTimeout;
  private boolean passesCredentials;

  SocketOptions copy() {
    SocketOptions copy = new SocketOptions();
    copy.sendBuffer = sendBuffer;
    copy.receiveBuffer = receiveBuffer;
    copy.sendTimeout = sendTimeout;
    copy.receiveTimeout = receiveTimeout;
    copy.passesCredentials = passesCredentials;
    return copy;
  }

  int sendBuffer() {
    return sendBuffer;
  }

  /** Sets the buffer as Linux does: twice what is wanted, for the cost of messages. */
  void setSendBuffer(int wanted) {
    sendBuffer = Math.max(2 * Math.clamp(wanted, 0, BUFFER), MIN_SENT);
  }

  int receiveBuffer() {
    return receiveBuffer;
  }

  void setReceiveBuffer(int wanted) {
    receiveBuffer = Math.max(2 * Math.clamp(wanted, 0, BUFFER), MIN_RECEIVED);
  }

  long sendTimeout() {
    return sendTimeout;
  }

  void setSendTimeout(long nanos) {
    sendTimeout = nanos;
  }

  long receiveTimeout() {
    return receiveTimeout;
  }

  void setReceiveTimeout(long nanos) {
    receiveTimeout = nanos;
  }

  boolean passesCredentials() {
    return passesCredentials;
  }

  void setPassesCredentials(boolean wanted) {
    passesCredentials = wanted;
  }
}
