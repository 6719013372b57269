// Package span tells an OpenTelemetry collector, by OTLP, what a request and a task went through and how long each step took.
//
// A Tracer begins what nothing of ours is above: a request, the run of a task. Whoever does a step of it calls Start with
// the context, and End. Where no Tracer is open the context holds no span, and both cost a look into it. Attributes and names
// are of the program and of the schema: never a value of a row, the text of an error or a secret.
package span
