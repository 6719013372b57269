// Package chaos_test breaks migrations at random places and proves that nothing is lost, nothing is doubled, and that
// what happened is said: processes are killed, servers vanish, links hang, disks fill up, sources change.
//
// The instants come from a seed that is logged; WHIMBREL_CHAOS_SEED repeats a run as far as timing allows.
package chaos_test
