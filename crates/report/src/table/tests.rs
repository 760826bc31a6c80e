//! One table in all formats.

use super::*;

fn table() -> Table {
    let columns = vec![
        Column::factor("data", "dataset"),
        Column::text("policy_name", "policy"),
        Column::number("n", "n"),
        Column::number("log L", "log_likelihood"),
        Column::share("hit %", "hit"),
        Column::interval("starts needed", "needed"),
        Column::number("condition", "condition").shown(Shown::Files),
        Column::number("internal", "internal").shown(Shown::Data),
    ];
    let number = |value| Cell::number(Some(value), Digits::Decimals(2));
    let row = |dataset: &str, value: f64, hits: usize, main: bool| Row {
        cells: vec![
            Cell::text(dataset),
            Cell::text("ridge=1e-6 & <more>"),
            Cell::count(150),
            number(value),
            Cell::share(Share { hits, trials: 4 }),
            Cell::between(Some(5.0), Some(2.0), None, Digits::Decimals(0)),
            Cell::number(Some(2.25e13), Digits::Significant(2)),
            Value::Missing.into(),
        ],
        main,
    };
    let mut last = row("faithful", f64::NAN, 0, false);
    last.cells[5] = Cell::between(None, None, None, Digits::Decimals(0));
    Table {
        name: "small".to_owned(),
        title: "A small_table".to_owned(),
        caption: "100 % of it.".to_owned(),
        note: "One line".to_owned(),
        columns,
        rows: vec![row("iris", -180.185477131, 1, true), row("iris", -190.0, 4, false), last],
    }
}

#[test]
fn markdown() {
    let text = Markdown.render(&table());
    let expected = r"# A small\_table

100 % of it.

| data | policy\_name | n | log L | hit % | starts needed | condition |
|:--|:--|--:|--:|--:|--:|--:|
| iris | ridge=1e-6 & \<more> | 150 | -180.19 | 25.0 [0.6, 80.6] | 5 [2, –] | 2.2e13 |
| iris | ridge=1e-6 & \<more> | 150 | -190.00 | 100 [39.8, 100] | 5 [2, –] | 2.2e13 |
| faithful | ridge=1e-6 & \<more> | 150 | – | 0 [0, 60.2] | – | 2.2e13 |
";
    assert_eq!(text, expected, "{text}");
}

#[test]
fn latex() {
    let text = Latex.render(&table());
    let expected = r"\begin{table}
\centering\setlength{\belowcaptionskip}{6pt}
\caption[{A small\_table}]{A small\_table. 100 \% of it. In all rows: policy\_name ridge=1e-6 \& \textless{}more\textgreater{}}\label{tab:small}
\footnotesize\setlength{\tabcolsep}{4pt}
\begin{tabular}{lrrrr}
\toprule
data & n & log L & hit \% & starts needed \\
\midrule
iris & 150 & $-$180.19 & 25.0 [0.6, 80.6] & 5 [2, --] \\
 & 150 & $-$190.00 & 100 [39.8, 100] & 5 [2, --] \\
\addlinespace
faithful & 150 & -- & 0 [0, 60.2] & -- \\
\bottomrule
\end{tabular}
\end{table}
";
    assert_eq!(text, expected, "{text}");
}

#[test]
fn latex_knows_greek_raised_digits_and_powers_of_ten() {
    let mut table = table();
    table.rows.truncate(1);
    table.name = "clusters_α & ω".to_owned();
    table.caption = "θ₀, Σ, ν, Δ ≤ 10⁻⁴, `a_b` [x]".to_owned();
    table.columns[6].shown = Shown::Everywhere;
    table.rows[0].cells[0] = Cell::text("[iris]");
    table.rows[0].cells[3] = Cell::number(Some(-1.5e-9), Digits::Significant(2));
    table.rows[0].cells[5] = Cell::between(Some(-2.0), Some(-3.0), Some(2e-7), Digits::Significant(2));
    let text = Latex.render(&table);
    for part in [
        r"$\theta$$_0$, $\Sigma$, $\nu$, $\Delta$ $\le$ 10$^-$$^4$, \texttt{a\_b} [x]}",
        r"\label{tab:clusters------}",
        r"{}[iris] & ",
        r" & $-1.5\times10^{-9}$ & ",
        r" & $-$2 [$-$3, $2\times10^{-7}$] & ",
        r" & $2.2\times10^{13}$ \\",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn csv() {
    let text = Csv.render(&table());
    let expected = "\
dataset,policy,n,log_likelihood,hit_count,hit_of,hit_share,hit_lower,hit_upper,needed,needed_lower,needed_upper,condition,internal
iris,ridge=1e-6 & <more>,150,-180.185477131,1,4,0.25,0.006309463209709829,0.8058795503167561,5,2,,22500000000000,
iris,ridge=1e-6 & <more>,150,-190,4,4,1,0.3976353643835254,1,5,2,,22500000000000,
faithful,ridge=1e-6 & <more>,150,,0,4,0,0,0.6023646356164746,,,,22500000000000,
";
    assert_eq!(text, expected, "{text}");
}

#[test]
fn terminal() {
    let text = Terminal { longest: 3 }.render(&table());
    let expected = "\
A small_table
One line
In all rows: policy_name ridge=1e-6 & <more>
────────────────────────────────────────────────────────
data        n    log L             hit %  starts needed
────────────────────────────────────────────────────────
iris      150  -180.19  25.0 [0.6, 80.6]       5 [2, –]
          150  -190.00   100 [39.8, 100]       5 [2, –]
faithful  150        –       0 [0, 60.2]              –
────────────────────────────────────────────────────────
";
    assert_eq!(text, expected, "{text}");
}

#[test]
fn a_short_screen_shows_what_matters_and_says_where_the_rest_is() {
    let text = Terminal { longest: 2 }.render(&table());
    assert!(text.contains("-180.19"), "{text}");
    assert!(!text.contains("-190.00"), "{text}");
    assert!(text.ends_with("1 of 3 rows; all are in small.md\n"), "{text}");
}

#[test]
fn long_tables_break_across_pages() {
    let mut long = table();
    long.rows = vec![long.rows[0].clone(); 46];
    let text = Latex.render(&long);
    assert!(text.contains("\n\\begin{longtable}{rrrr}\n\\caption["), "{text}");
    assert!(text.ends_with("\\end{longtable}\n\\endgroup\n"), "{text}");
}

#[test]
fn wide_tables_lie_on_their_side() {
    let mut wide = table();
    wide.rows[0].cells[0] = Cell::text("w".repeat(80));
    let text = Latex.render(&wide);
    assert!(text.starts_with("\\begin{landscape}\n\\begin{table}\n") && text.contains("\\footnotesize"), "{text}");
    assert!(text.ends_with("\\end{table}\n\\end{landscape}\n"), "{text}");
    wide.rows[0].cells[0] = Cell::text("w".repeat(120));
    assert!(Latex.render(&wide).contains("\\scriptsize"));
}

#[test]
fn html() {
    let text = Html { whole: false, longest: 3 }.render(&table());
    let expected = "<table>
<caption><span class=\"title\">A small_table</span> <span class=\"told\">In all rows: policy_name ridge=1e-6 &amp; &lt;more&gt;</span></caption>
<thead><tr><th scope=\"col\" class=\"t\">data</th><th scope=\"col\">n</th><th scope=\"col\">log L</th><th scope=\"colgroup\" \
                    colspan=\"2\">hit %</th><th scope=\"colgroup\" colspan=\"2\">starts needed</th></tr></thead>
<tbody>
<tr><th scope=\"row\">iris</th><td>150</td><td>−180.19</td><td>25.0</td><td class=\"i\">[0.6, 80.6]</td><td>5</td><td \
                    class=\"i\">[2, –]</td></tr>
<tr><th scope=\"row\" class=\"again\">iris</th><td>150</td><td>−190.00</td><td>100</td><td class=\"i\">[39.8, 100]</td><td>5</td><td \
                    class=\"i\">[2, –]</td></tr>
</tbody>
<tbody>
<tr><th scope=\"row\">faithful</th><td>150</td><td class=\"m\">–</td><td>0</td><td class=\"i\">[0, 60.2]</td><td \
                    class=\"m\">–</td><td class=\"i\"></td></tr>
</tbody>
</table>
";
    assert_eq!(text, expected, "{text}");
    let short = Html { whole: false, longest: 2 };
    assert_eq!(short.rows(&table()).len(), 1, "the main rows");
    assert!(short.leaves_out(&table()));
    let whole = Html { whole: true, longest: 2 };
    assert!(!whole.leaves_out(&table()));
    let text = whole.render(&table());
    assert!(text.contains("<td>2.2×10<sup>13</sup></td>") && !text.contains("internal"), "{text}");
}

#[test]
fn what_is_missing_in_all_rows_is_not_told() {
    let mut table = table();
    for row in &mut table.rows {
        row.cells[1] = Value::Missing.into();
    }
    let text = Terminal { longest: 3 }.render(&table);
    assert!(!text.contains("In all rows") && !text.contains("policy_name"), "{text}");
}

#[test]
fn csv_quotes_what_would_break_a_line() {
    let mut table = table();
    table.rows.truncate(1);
    table.rows[0].cells[0] = Cell::text("a,\"b\"");
    assert!(Csv.render(&table).contains("\n\"a,\"\"b\"\"\","));
}

#[test]
fn the_best_are_those_that_read_alike() {
    let number = |value| Cell::number(value, Digits::Decimals(1));
    let values = [Some(0.91), Some(0.9049), None, Some(0.949)];
    let mut table = Table {
        columns: (0..4).map(|i| Column::number("x", &format!("x{i}"))).collect(),
        rows: vec![Row { cells: values.map(number).into(), main: true }],
        ..Table::default()
    };
    table.mark_best_in_rows(&[0, 1, 2, 3], true);
    assert_eq!(table.rows[0].cells.iter().map(|cell| cell.best).collect::<Vec<_>>(), [true, true, false, true]);
    table.mark_best_in_rows(&[0, 2, 3], false);
    assert_eq!(table.rows[0].cells.iter().map(|cell| cell.best).collect::<Vec<_>>(), [true, true, false, true]);
    table.rows[0].cells[1] = number(Some(0.7));
    table.mark_best_in_rows(&[0, 1, 2, 3], false);
    assert_eq!(table.rows[0].cells.iter().map(|cell| cell.best).collect::<Vec<_>>(), [false, true, false, false]);
}
