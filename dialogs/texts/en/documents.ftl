# Files that the program makes.

document-failed = Sorry, the file cannot be made right now. Please try again later.
