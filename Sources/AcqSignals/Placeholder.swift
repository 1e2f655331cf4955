// The room of AcqSignals; replaced by its first real file.
