// The room of AcqCrypto; replaced by its first real file.
