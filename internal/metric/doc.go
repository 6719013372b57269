// Package metric keeps measured values the way CloudWatch shows them: a metric has a namespace, a name and dimensions; its
// values are kept as points, sums over short times that can be added up to longer ones without losing their mean, their
// extremes or, where values and not sums came in, their percentiles.
//
// A Store is a file on this machine. Points of a minute stay for 15 days, finer ones for three hours, and never more than a
// bound of bytes: the oldest go first. What Put has answered survives the process, however it ends.
package metric
