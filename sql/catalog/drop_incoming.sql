DROP TABLE main.incoming
