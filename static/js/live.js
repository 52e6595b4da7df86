// What happens on the server is told to the page: `books`, `book`, `requests` and `quotes` are events on <body>.
"use strict";
