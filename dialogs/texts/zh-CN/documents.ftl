# Files that the program makes.

document-failed = 抱歉，文件暂时无法生成，请稍后再试一次。
