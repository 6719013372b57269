// Package monitor gathers what replication instances measure and count, every ten seconds, and makes the metrics of the
// namespace AWS/DMS of it.
//
// A number that cannot be measured here is not made up: its metric is absent. Counters become rates by what they have grown
// since the last look; a value stands at the beginning of the ten seconds that it is about.
package monitor
