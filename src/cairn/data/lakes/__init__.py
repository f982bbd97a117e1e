"""Tables and files in lakes, by the version that the lake itself keeps."""
