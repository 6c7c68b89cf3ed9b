package groups

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// inParallelIf is inParallel where the work is worth putting a second processor to; else the caller does all of it.
func inParallelIf(worth bool, n int, worker func() func(i int)) {
	if worth || n <= 0 {
		inParallel(n, worker)
		return
	}
	for i, work := 0, worker(); i < n; i++ {
		work(i)
	}
}

// inParallel does n pieces of work, on as many processors as there are, and returns when all is done.
// Each worker is made by worker. The caller is one of them, and does the first piece.
func inParallel(n int, worker func() func(i int)) {
	if n <= 0 {
		return
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	var next atomic.Int64
	rest := func(work func(int)) {
		for i := int(next.Add(1)); i < n; i = int(next.Add(1)) {
			work(i)
		}
	}
	for range min(runtime.GOMAXPROCS(0), n) - 1 {
		wait.Go(func() { rest(worker()) })
	}
	work := worker()
	work(0)
	rest(work)
}
