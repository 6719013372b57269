// Package csvfile reads CSV in the dialects of DMS's S3 sources, record by record: delimiters of several characters, fields in
// quotation marks as RFC 4180 has them, files that are compressed. It knows nothing of tables.
package csvfile
