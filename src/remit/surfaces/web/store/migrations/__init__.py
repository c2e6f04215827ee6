"""Steps from every earlier layout of the data file to the present one."""
