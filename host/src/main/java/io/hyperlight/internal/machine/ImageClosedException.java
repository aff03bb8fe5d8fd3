package io.hyperlight.internal.machine;

/** Something was to be made from an image that is closed. Nothing was changed. */
public final class ImageClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /** For images here, and what belongs to them elsewhere. */
  public ImageClosedException() {
    super("the image is closed");
  }
}
