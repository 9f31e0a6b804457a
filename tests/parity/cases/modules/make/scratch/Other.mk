x:
	echo x > x
