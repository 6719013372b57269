package server

import (
	"context"
	"os"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

// garbage is how much may lie about before it is collected, however little is in use: a server without much in its store holds some 12 MB, which
// calls under load double many times a second, and what a collection costs is in the time of the calls beside it. A server that holds more than
// this collects as any Go program does.
const garbage = 64 << 20

// tendEvery is how often the bound follows what is in use.
const tendEvery = 10 * time.Second

// tendGarbage keeps the collector at that bound until the context ends, unless GOGC says otherwise.
func tendGarbage(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(percent(inUse()))
	turn := time.NewTicker(tendEvery)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
			debug.SetGCPercent(percent(inUse()))
		}
	}
}

// inUse is what the last collection left.
func inUse() uint64 {
	sample := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtimemetrics.Read(sample)
	if sample[0].Value.Kind() != runtimemetrics.KindUint64 {
		return garbage
	}
	return sample[0].Value.Uint64()
}

// percent is the collector's setting for a heap of which so much is in use.
func percent(inUse uint64) int {
	const least, most = 100, 800 // most: the heap may grow before the bound has followed
	if inUse == 0 {
		return least
	}
	return int(min(max(100*garbage/inUse, least), most))
}
