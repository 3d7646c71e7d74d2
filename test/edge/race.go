//go:build race

package edge

// raceEnabled says that the program is to look for data races too.
const raceEnabled = true
