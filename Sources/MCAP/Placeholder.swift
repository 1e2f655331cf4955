// The room of MCAP; replaced by its first real file.
