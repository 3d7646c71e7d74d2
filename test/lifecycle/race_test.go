//go:build race

package lifecycle

// raceEnabled says that the programs are to look for data races too.
const raceEnabled = true
