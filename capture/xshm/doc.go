// Package xshm is memory that this process and an X server share (MIT-SHM), so that
// pictures need not travel through the connection.
package xshm
