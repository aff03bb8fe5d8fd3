package io.hyperlight.internal.machine;

/** A caller wanted to use an image that is closed. Nothing was changed. */
public final class ImageClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception. Images of other packages use it, too. */
  public ImageClosedException() {
    super("the image is closed");
  }
}
