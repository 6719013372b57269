// Package insight is the query language of CloudWatch Logs Insights, its common part: fields, display, filter, parse, stats,
// sort, limit and dedup, joined by |.
//
// Parse reads a query; Run is given events and makes rows of them. What it holds at a time is bounded: rows that are sorted or
// shown by MostRows, groups by mostGroups, and all of it by mostHeld bytes.
package insight
