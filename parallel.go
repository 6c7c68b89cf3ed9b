package groups

import (
	"runtime"
	"sync"
)

// inParallel does n pieces of work, on as many processors as there are, and returns when all is done.
// Each worker is made by worker.
func inParallel(n int, worker func() func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		if n > 0 {
			work := worker()
			for i := range n {
				work(i)
			}
		}
		return
	}
	var wait sync.WaitGroup
	next := make(chan int)
	for range workers {
		wait.Go(func() {
			work := worker()
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}
