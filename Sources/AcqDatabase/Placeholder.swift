// The room of AcqDatabase; replaced by its first real file.
