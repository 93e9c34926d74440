"""What spans models, asks for a right, or meets files and mail: plain functions named by what they do."""
