package dms

// redshiftSettings are those of Redshift as a target (DMS API reference, "RedshiftSettings"; user guide, "Using Amazon Redshift as a
// target").
var redshiftSettings = []setting{
	{name: "AcceptAnyDate", form: truth, end: asTarget, otherwise: "false", does: "dates that are in no calendar become null, instead of a rejected row"},
	{name: "AfterConnectScript", form: text, end: asTarget, does: "statements that every session runs after it has connected"},
	{name: bucketFolder, form: text, end: asTarget, does: "the folder of the bucket that staged files lie in"},
	{name: bucketName, form: text, end: asTarget, does: "the bucket through which COPY is given its rows; needed, because none is made"},
	{name: "CaseSensitiveNames", form: truth, end: asTarget, otherwise: "false", does: "names keep their capitals (`enable_case_sensitive_identifier`); without it all names are in small letters"},
	{name: "CompressCsvFiles", form: truth, end: asTarget, alone: true, otherwise: "true", does: "staged files are compressed"},
	{name: "CompUpdate", form: truth, end: asTarget, otherwise: "false", does: "COPY chooses the encodings of an empty table's columns (COMPUPDATE)"},
	{name: "ConnectionTimeout", form: number, end: asTarget, low: 1, high: 1 << 30, unit: "milliseconds", otherwise: "15000", does: "how long a connection may take to be made"},
	{name: "DateFormat", form: text, end: asTarget, otherwise: "YYYY-MM-DD", does: "how texts become dates: `auto`, or a format of COPY such as `DD.MM.YYYY`; dates of the source are written as they are"},
	{name: "EmptyAsNull", form: truth, end: asTarget, otherwise: "false", does: "an empty text becomes null"},
	{name: "EncryptionMode", form: choice, end: asTarget, values: []string{"sse-s3", "sse-kms"}, otherwise: "sse-s3", does: "what the store is asked to encrypt staged files with"},
	{name: "ExplicitIds", form: truth, end: asTarget, otherwise: "false", does: "COPY writes the source's values into IDENTITY columns (EXPLICIT_IDS)"},
	{name: "FileTransferUploadStreams", form: number, end: asTarget, low: 1, high: 64, unit: "streams", otherwise: "10", does: "how many staged files are sent at once"},
	{name: "LoadTimeout", form: number, end: asTarget, low: 0, high: 1 << 30, unit: "milliseconds", otherwise: "0", does: "how long a COPY may take; 0 is without end"},
	{name: "MapBooleanAsBoolean", form: truth, end: asTarget, otherwise: "true", only: []string{"true"}, why: "a boolean stays a boolean"},
	{name: "MaxFileSize", form: number, end: asTarget, low: 1, high: mostKB, unit: "KB", otherwise: "32768", does: "the size, before compression, at which a staged file ends"},
	{name: "RemoveQuotes", form: truth, end: asTarget, otherwise: "false", does: "texts lose the quotation marks that surround them"},
	{name: "ReplaceChars", form: text, end: asTarget, exact: true, otherwise: "?", does: "what stands in the place of ReplaceInvalidChars"},
	{name: "ReplaceInvalidChars", form: text, end: asTarget, exact: true, does: "the characters of texts that are replaced"},
	{name: "ServerSideEncryptionKmsKeyId", form: text, end: asTarget, does: "the store's key for EncryptionMode sse-kms"},
	{name: bucketRole, form: text, end: asTarget, does: "the role that COPY names, that the caller must be allowed to pass, and that must let DMS write to the bucket; the cluster must have it (ModifyClusterIamRoles in AWS), and the store is reached with the server's own keys; without it the account's `dms-access-for-endpoint`"},
	{name: "TimeFormat", form: text, end: asTarget, otherwise: "auto", does: "how texts become moments, and with `epochsecs` and `epochmillisecs` numbers: these, `auto`, or a format of COPY such as `DD.MM.YYYY HH:MI:SS`"},
	{name: "TrimBlanks", form: truth, end: asTarget, otherwise: "false", does: "texts lose the blanks at their end"},
	{name: "TruncateColumns", form: truth, end: asTarget, otherwise: "false", does: "texts that are longer than their column are cut, and counted in a full load"},
	{name: "WriteBufferSize", form: number, end: asTarget, low: 1, high: mostKB, unit: "KB", otherwise: "1000", does: "how much of a staged file is gathered before it is sent on"},
}
