// The room of AcqSystem; replaced by its first real file.
