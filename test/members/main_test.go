// Package members has three edges behind a balancer, each in a network namespace of its
// own, and loses one of them in every way while clients ask: it is killed, drained, or
// replaced by a newer one, and the site changes at all of them. Each request that fails is
// counted and explained.
package members

import (
	"os"
	"testing"

	"edgegen/test/edge"
)

func TestMain(m *testing.M) { os.Exit(edge.MainQuickly(m)) }
