package apptest

// maxrssUnit is what Linux counts Rusage.Maxrss in.
const maxrssUnit = 1024
