"""Names of the table columns, in one place."""

USER = "user_id"
ITEM = "item_id"
WEIGHT = "weight"
RATING = "rating"
TIME = "timestamp"
RANK = "rank"
SCORE = "score"
QUERY = "query"
QUERY_ID = "query_id"
VIEW = "view"
CONTRIBUTION = "contribution"
LINE = "line"  # the index of a table from a file: the line where each row begins
