// Package parquetfile reads the rows of Parquet files, whoever wrote them: one row group behind the other, of each column a page at a
// time, and no column that nobody asks for. Nothing that a file claims is believed before its pages have been looked at.
package parquetfile
