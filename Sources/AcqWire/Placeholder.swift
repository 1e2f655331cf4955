// The room of AcqWire; replaced by its first real file.
