// Package interop holds the real program against real HAProxy: each test starts tallystick as a process, with a
// configuration file, and nodes of the HAProxy versions that this project supports, and reads from the nodes what an
// operator would read. It is the last word on what the rooms promise together.
//
// There are tests only, and they must never import a room of the program: what they see is what leaves it. The program
// is built once for a run of the tests, with the race detector if the tests are.
package interop
