print("acqd")
