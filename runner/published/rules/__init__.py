"""The rules for published tables, one per file. Each is a function of an AuditedTable.

runner.published.table_rules gives each rule its code and severity.
"""
