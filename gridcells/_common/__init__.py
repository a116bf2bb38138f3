"""What every room stands on: checks of arguments, files written whole, tables. It knows no other room."""
