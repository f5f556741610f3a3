module gomlkem

go 1.27
