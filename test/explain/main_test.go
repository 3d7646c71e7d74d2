// Package explain asks running edges many generated requests, and holds what comes
// against what edgegen explain foretells.
package explain

import (
	"os"
	"testing"

	"edgegen/test/edge"
)

func TestMain(m *testing.M) { os.Exit(edge.Main(m)) }
