// Package formula is CloudWatch's metric math: expressions over lines of values, such as (m1+m2)/PERIOD(m1), and the
// searches that find metrics by words.
//
// Parse reads an expression once; Eval works it out, asking its Source for the lines that the expression names. Where two
// lines meet, a moment counts that both have.
package formula
