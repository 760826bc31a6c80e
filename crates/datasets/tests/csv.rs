//! Every fault of a CSV file: found, with file, line, row and column, and nothing read.

use datasets::{CsvErrors, CsvOptions, DatasetError, FaultKind, Sample};
use std::error::Error;

fn options() -> CsvOptions {
    CsvOptions::new("flowers.csv")
}

fn sample(options: &CsvOptions, text: &str) -> Sample {
    options.parse(text.as_bytes()).unwrap()
}

fn errors(options: &CsvOptions, text: impl AsRef<[u8]>) -> CsvErrors {
    match options.parse(text.as_ref()) {
        Err(DatasetError::Csv(errors)) => errors,
        other => panic!("expected faults of the file, got {other:?}"),
    }
}

fn message(options: &CsvOptions, text: &str) -> String {
    errors(options, text).to_string()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn all_columns_but_the_label_are_features() {
    let options = CsvOptions { label: Some("kind".into()), ..options() };
    let flowers = sample(&options, "width,kind,length\n1,wild, -2.5\n.5,tame,1e-3\n3,wild,+4\n");
    assert_eq!((flowers.n, flowers.d, flowers.columns), (3, 2, names(&["width", "length"])));
    assert_eq!(flowers.x, [1.0, -2.5, 0.5, 1e-3, 3.0, 4.0]);
    let truth = flowers.truth.unwrap();
    assert_eq!((truth.labels, truth.names), (vec![0, 1, 0], names(&["wild", "tame"])));
}

#[test]
fn columns_are_chosen_and_ordered_by_name_and_others_may_hold_text() {
    let options = CsvOptions { columns: Some(names(&["c", "a"])), ..options() };
    let chosen = sample(&options, "a,b,c\n1,text,3\n4,NA,6\n");
    assert_eq!((chosen.x, chosen.columns, chosen.truth), (vec![3.0, 1.0, 6.0, 4.0], names(&["c", "a"]), None));
}

#[test]
fn without_a_header_columns_are_numbered() {
    let options = CsvOptions { has_header: false, delimiter: b';', label: Some("x3".into()), ..options() };
    let plain = sample(&options, "1;2;p\n3;4;q\n");
    assert_eq!((plain.n, plain.columns, plain.x), (2, names(&["x1", "x2"]), vec![1.0, 2.0, 3.0, 4.0]));
    assert_eq!(plain.truth.unwrap().names, ["p", "q"]);
}

#[test]
fn line_ends_byte_order_marks_quotes_and_a_trailing_blank_line_do_not_matter() {
    let expected = sample(&options(), "a,b\n1,2\n3,4\n");
    for text in [
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\r1,2\r3,4",
        "\u{feff}a,b\n1,2\n3,4",
        "\"a\",\"b\"\n\"1\",2\n3,\"4\"\n\n\n",
        "\n\r\na,b\n1,2\n3,4\n",
    ] {
        assert_eq!(sample(&options(), text), expected, "{text:?}");
    }
}

#[test]
fn a_missing_value_is_located() {
    assert_eq!(
        message(&options(), "a,b\n1,2\n3,NA\n"),
        "flowers.csv: line 3, row 2, column 2 `b`: `NA` where a number is expected: the value is missing; \
         fill it in or remove the row"
    );
    for token in ["", "  ", "na", "N/A", "?", "NULL", "."] {
        let errors = errors(&options(), format!("a,b\n{token},2\n"));
        assert!(matches!(&errors.faults[0].kind, FaultKind::Missing { found, .. } if found == token.trim()), "{token}");
    }
    let labelled = CsvOptions { label: Some("b".into()), ..options() };
    assert_eq!(
        message(&labelled, "a,b\n1,\n"),
        "flowers.csv: line 2, row 1, column 2 `b`: nothing where a label is expected: the value is missing; \
         fill it in or remove the row"
    );
}

#[test]
fn text_in_a_number_column_is_located() {
    assert_eq!(
        message(&options(), "a,b\n1,2\ntall,4\n"),
        "flowers.csv: line 3, row 2, column 1 `a`: `tall` where a number is expected; correct it or leave the column out"
    );
    let semicolons = CsvOptions { delimiter: b';', ..options() };
    assert_eq!(
        message(&semicolons, "a;b\n1;2,5\n"),
        "flowers.csv: line 2, row 1, column 2 `b`: `2,5` where a number is expected: write it with a decimal point"
    );
    let long = message(&options(), &format!("a\n{}\n", "é".repeat(300)));
    assert!(long.contains(&format!("`{}…`", "é".repeat(40))), "{long}");
}

#[test]
fn what_other_programs_take_for_numbers_is_text() {
    for text in
        ["true", "FALSE", "0x1f", "1_000", "1 000", "5%", "$3", "1e", "--1", "1.2.3", "2026-01-31", "½", "٣", "1d3"]
    {
        let errors = errors(&options(), format!("a,b\n1,{text}\n"));
        assert!(
            matches!(&errors.faults[..], [only] if (only.line, only.row, only.column) == (Some(2), Some(1), Some(2)))
        );
        assert!(matches!(&errors.faults[0].kind, FaultKind::NotANumber { found } if found == text), "{text}");
    }
    let thousands = message(&options(), "a,b\n1,\"1,234\"\n");
    assert!(thousands.ends_with("`1,234` where a number is expected: write it with a decimal point"), "{thousands}");
    let nul = message(&options(), "a,b\n1,2\0\n");
    assert!(nul.contains(r"column 2 `b`: `2\0` where a number is expected"), "{nul}");
}

#[test]
fn numbers_keep_all_their_digits_up_to_the_ends_of_the_range() {
    let text =
        ["0.1", "1.7976931348623157e308", "-2.2250738585072014e-308", "5e-324", "0.30000000000000004", "1e-999", "-0"];
    let read = sample(&options(), &format!("a\n{}\n", text.join("\n"))).x;
    assert_eq!(read, [0.1, f64::MAX, -f64::MIN_POSITIVE, f64::from_bits(1), 0.1 + 0.2, 0.0, 0.0]);
    assert!(read.iter().all(|value| *value != 0.0 || value.is_sign_positive()));
}

#[test]
fn weights_are_positive_numbers() {
    let weighted = CsvOptions { weight: Some("w".into()), ..options() };
    let pairs = sample(&weighted, "a,w\n1,2\n3,0.5\n");
    assert_eq!((pairs.x, pairs.columns, pairs.weight), (vec![1.0, 3.0], names(&["a"]), vec![2.0, 0.5]));
    assert_eq!(
        message(&weighted, "a,w\n1,0\n3,-2\n4,inf\n5,\n"),
        "flowers.csv: 4 faults\n  \
         line 2, row 1, column 2 `w`: a weight of 0; weights are positive: correct it or remove the row\n  \
         line 3, row 2, column 2 `w`: a weight of -2; weights are positive: correct it or remove the row\n  \
         line 4, row 3, column 2 `w`: `inf` is not finite; correct it or remove the row\n  \
         line 5, row 4, column 2 `w`: nothing where a number is expected: the value is missing; fill it in or remove the row"
    );
}

#[test]
fn a_file_with_another_delimiter_or_an_open_quotation_mark_is_a_fault() {
    let one_column = message(&options(), "a;b\n1;2\n");
    assert_eq!(
        one_column,
        "flowers.csv: line 2, row 1, column 1 `a;b`: `1;2` where a number is expected: this looks like several fields; \
         save the file with commas between them"
    );
    let open = message(&options(), "a,b\n1,\"2\n3,4\n");
    assert!(
        open.starts_with("flowers.csv: line 2, row 1, column 2 `b`: `2\\n3,4` where a number is expected"),
        "{open}"
    );
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let message = CsvOptions::new(folder.path()).read().unwrap_err().to_string();
    assert!(message.starts_with(&format!("{}: the file cannot be read: ", folder.path().display())), "{message}");
}

#[test]
fn values_that_are_not_finite_are_located() {
    for text in ["NaN", "nan", "inf", "-Infinity", "1e999"] {
        assert_eq!(
            message(&options(), &format!("a,b\n1,{text}\n")),
            format!("flowers.csv: line 2, row 1, column 2 `b`: `{text}` is not finite; correct it or remove the row")
        );
    }
}

#[test]
fn ragged_rows_are_located() {
    assert_eq!(
        message(&options(), "a,b\n1\n1,2\n1,2,3\n"),
        "flowers.csv: 2 faults\n  \
         line 2, row 1: found 1 fields where 2 are expected; complete the row, or quote what holds a delimiter\n  \
         line 4, row 3: found 3 fields where 2 are expected; complete the row, or quote what holds a delimiter"
    );
}

#[test]
fn a_blank_line_between_rows_is_no_row_that_may_vanish() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a", "1", "", "", "3", "x"].join(end);
        let errors = errors(&options(), &text);
        let places: Vec<_> = errors.faults.iter().map(|fault| (fault.line, fault.row)).collect();
        assert_eq!(places, [(Some(3), Some(2)), (Some(4), Some(3)), (Some(6), Some(5))], "{end:?}");
        assert!(matches!(errors.faults[1].kind, FaultKind::BlankLine));
    }
}

#[test]
fn lines_are_counted_across_quoted_line_ends() {
    let labelled = CsvOptions { label: Some("note".into()), ..options() };
    let errors = errors(&labelled, "note,a\n\"two\nlines\",1\nplain,?\n");
    assert_eq!((errors.faults[0].line, errors.faults[0].row), (Some(4), Some(2)));
}

#[test]
fn no_rows_is_a_fault() {
    for text in ["", "\n\n", "a,b\n", "a,b"] {
        assert_eq!(
            message(&options(), text),
            "flowers.csv: there is no row of data; at least one is needed",
            "{text:?}"
        );
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent.csv");
    let Err(DatasetError::Csv(errors)) = CsvOptions::new(&path).read() else { panic!("the file does not exist") };
    assert!(
        matches!(&errors.faults[0].kind, FaultKind::Unreadable { source } if source.kind() == std::io::ErrorKind::NotFound)
    );
    let message = errors.to_string();
    assert!(message.starts_with(&format!("{}: the file cannot be read: ", path.display())), "{message}");
    assert!(errors.source().is_none());
}

#[test]
fn a_file_reads_as_its_content_parses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs.csv");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let read = CsvOptions::new(&path).read().unwrap();
    assert_eq!(read, sample(&options(), "a,b\n1,2\n"));
}

#[test]
fn unknown_repeated_and_unnamed_columns_are_faults_of_the_header() {
    let wanting = CsvOptions { columns: Some(names(&["a", "width"])), label: Some("kind".into()), ..options() };
    assert_eq!(
        message(&wanting, "a,b\n1,2\n"),
        "flowers.csv: 2 faults\n  line 1: there is no column `kind`; the columns are `a`, `b`\n  \
         line 1: there is no column `width`; the columns are `a`, `b`"
    );
    assert_eq!(
        message(&options(), "a,b,a\n1,2,3\n"),
        "flowers.csv: line 1, column 3 `a`: the name `a` already belongs to column 1; rename one of them"
    );
    assert_eq!(
        message(&options(), ",a\n1,2\n"),
        "flowers.csv: line 1, column 1: the column has no name (row numbers?); name it, or name the columns to read"
    );
    let named = CsvOptions { columns: Some(names(&["a"])), ..options() };
    assert_eq!(sample(&named, ",a\n1,2\n").x, [2.0]);
    let twice = CsvOptions { columns: Some(names(&["a", "b", "a"])), label: Some("b".into()), ..options() };
    let kinds: Vec<_> = errors(&twice, "a,b\n1,2\n").faults;
    assert!(kinds.iter().all(|fault| matches!(fault.kind, FaultKind::SelectedTwice { .. })) && kinds.len() == 2);
    let headless = CsvOptions { has_header: false, label: Some("kind".into()), ..options() };
    assert_eq!(message(&headless, "1,2\n"), "flowers.csv: there is no column `kind`; the columns are `x1`, `x2`");
}

#[test]
fn a_selection_without_features_is_a_fault() {
    for options in
        [CsvOptions { label: Some("a".into()), ..options() }, CsvOptions { columns: Some(Vec::new()), ..options() }]
    {
        assert!(
            matches!(errors(&options, "a\n1\n").faults[..], [ref only] if matches!(only.kind, FaultKind::NoColumns))
        );
    }
}

#[test]
fn a_header_of_numbers_is_a_row_that_would_be_lost() {
    assert_eq!(
        message(&options(), "5.1,3.5\n4.9,3.0\n"),
        "flowers.csv: line 1: every column name is a number, so this looks like a row of data; if the file has no \
         header, say so"
    );
}

#[test]
fn bytes_that_are_not_text_and_impossible_delimiters_are_faults() {
    let latin = errors(&options(), b"a\n1\n2\xe9\n");
    assert_eq!(latin.to_string(), "flowers.csv: line 3: the text is not UTF-8; save the file in that encoding");
    for delimiter in [b'.', b'-', b'e', b'0', b'"', b'\n', 0xe9] {
        let errors = errors(&CsvOptions { delimiter, ..options() }, "a\n1\n");
        assert!(matches!(errors.faults[0].kind, FaultKind::Delimiter { found } if found == delimiter));
    }
}

#[test]
fn the_first_ten_faults_are_kept_and_the_rest_counted() {
    let text = format!("a\n{}", "x\n".repeat(25));
    let errors = errors(&options(), &text);
    assert_eq!((errors.faults.len(), errors.total), (CsvErrors::KEPT, 25));
    let message = errors.to_string();
    assert!(message.starts_with("flowers.csv: 25 faults\n  line 2, row 1, column 1 `a`"), "{message}");
    assert!(message.ends_with("line 11, row 10, column 1 `a`: `x` where a number is expected; correct it or leave the column out\n  and 15 more"), "{message}");
}
