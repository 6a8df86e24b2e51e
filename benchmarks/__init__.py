"""Search spaces, their ground truth and the images that networks are scored on."""
