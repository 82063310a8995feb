// Package netlab measures Tally on real sockets: network namespaces with a
// router between studio and server whose line is as narrow as a script of
// [tally/app/linksim] says, and nginx with its RTMP module at the far end. It has
// tests only; `make bench-network` writes their table, app/NETWORK.md.
//
// Everything lives in namespaces of the test's own, which are gone when it is.
package netlab
