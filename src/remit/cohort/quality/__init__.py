"""Quality measures of depression care over FHIR records: published logic as data, reproduced to the case."""
