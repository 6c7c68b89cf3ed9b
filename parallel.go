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

// eachInParallel does n pieces of work that may fail, and returns the error of the first that does: whoever does
// them one after the other gets the same. Those behind it may be left undone.
func eachInParallel(n int, work func(i int) error) error { return eachInParallelIf(true, n, work) }

// eachInParallelIf is eachInParallel where the work is worth putting a second processor to; else the caller does all of it.
func eachInParallelIf(worth bool, n int, work func(i int) error) error {
	var first error
	var lock sync.Mutex
	var failed atomic.Int64 // the first so far
	failed.Store(int64(n))
	inParallelIf(worth, n, func() func(int) {
		return func(i int) {
			if int64(i) > failed.Load() {
				return
			}
			if err := work(i); err != nil {
				lock.Lock()
				defer lock.Unlock()
				if int64(i) < failed.Load() {
					first = err
					failed.Store(int64(i))
				}
			}
		}
	})
	return first
}
