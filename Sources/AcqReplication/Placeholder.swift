// The room of AcqReplication; replaced by its first real file.
