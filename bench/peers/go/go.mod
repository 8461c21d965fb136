module patchbay.bench/go

go 1.19
