package bounds

import (
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	b := NewBudget()
	for range budgetFull {
		if !b.Spend(1) {
			t.Fatal("less than there is")
		}
	}
	if b.Spend(1) {
		t.Error("more than there was")
	}
	b.since = b.since.Add(-10 * time.Second)
	if !b.Spend(1) {
		t.Error("time does not fill it")
	}
	b.Gain(1 << 20)
	if b.left != budgetFull {
		t.Errorf("filled to %d", b.left)
	}
}
