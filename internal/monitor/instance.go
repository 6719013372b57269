package monitor

// instanceValues are the values of an instance.
func (m *Monitor) instanceValues(now, before *look) []Value {
	p := &now.figures.Process
	out := []Value{
		{Metric: "CPUUtilization", Unit: percent, Value: 100 * cpu(now, before) / float64(max(p.Processors, 1))},
		{Metric: "FreeableMemory", Unit: bytesUnit, Value: float64(p.Idle)},
	}
	add := func(name, unit string, v float64) { out = append(out, Value{Metric: name, Unit: unit, Value: v}) }
	if of := m.machine.memory(); of != nil {
		bound := of.total
		if p.Bound > 0 {
			bound = min(bound, p.Bound)
		}
		left := max(bound-p.Resident, 0)
		add("AvailableMemory", bytesUnit, float64(min(left, of.available)))
		add("FreeMemory", bytesUnit, float64(min(left, of.free)))
	}
	if p.Swap != nil {
		add("SwapUsage", bytesUnit, float64(*p.Swap))
	}
	rates := map[string]func(*look) int64{
		"NetworkTransmitThroughput": func(l *look) int64 { return l.figures.Process.Sent },
		"NetworkReceiveThroughput":  func(l *look) int64 { return l.figures.Process.Received },
	}
	if p.Read != nil && p.Written != nil {
		rates["ReadThroughput"] = func(l *look) int64 { return orZero(l.figures.Process.Read) }
		rates["WriteThroughput"] = func(l *look) int64 { return orZero(l.figures.Process.Written) }
	}
	for name, of := range rates {
		out = append(out, Value{Metric: name, Unit: bytesPerSecond, Value: perSecond(now, before, of), Slots: slots(now, before)})
	}
	return append(out, diskValues(now, before)...)
}

func orZero(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

// diskValues are those of the disk that the instance's directory lies on, which it may share with others.
func diskValues(now, before *look) []Value {
	if now.disk == nil {
		return nil
	}
	out := []Value{{Metric: "FreeStorageSpace", Unit: bytesUnit, Value: float64(now.disk.free)}}
	d := now.disk.device
	if d == nil {
		return out
	}
	out = append(out, Value{Metric: "DiskQueueDepth", Unit: count, Value: float64(d.waiting)})
	if before == nil || before.disk == nil || before.disk.device == nil {
		return out
	}
	was, took := before.disk.device, now.at.Sub(before.at).Seconds()
	if took <= 0 {
		return out
	}
	reads, writes := max(d.reads-was.reads, 0), max(d.writes-was.writes, 0)
	return append(out,
		Value{Metric: "ReadIOPS", Unit: countPerSecond, Value: float64(reads) / took},
		Value{Metric: "WriteIOPS", Unit: countPerSecond, Value: float64(writes) / took},
		Value{Metric: "ReadLatency", Unit: milliseconds, Value: each(d.readMillis-was.readMillis, reads)},
		Value{Metric: "WriteLatency", Unit: milliseconds, Value: each(d.writeMillis-was.writeMillis, writes)},
	)
}

// each is the share of one; of none it is 0.
func each(all, n int64) float64 {
	if n <= 0 {
		return 0
	}
	return float64(max(all, 0)) / float64(n)
}
