package groups

import (
	"errors"
	"runtime"
	"testing"
)

func TestOfWhatIsDoneInParallelTheErrorOfTheFirstIsTold(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	errs := []error{errors.New("first"), errors.New("second")}
	for round := range 2000 {
		begun, failing := make(chan struct{}), make(chan struct{})
		err := eachInParallel(len(errs), func(i int) error {
			if i == 0 {
				<-begun
				close(failing)
			} else {
				close(begun)
				<-failing
			}
			return errs[i]
		})
		if err != errs[0] {
			t.Fatalf("round %d: %v, want %v", round, err, errs[0])
		}
	}
}
