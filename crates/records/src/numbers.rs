//! The page of a column of numbers, straight from the pieces in which they came: most of a study are numbers of traces, and to join the
//! pieces first takes an eighth of all that is done to record a row (docs/adr/0023-pages-of-numbers-from-pieces.md).

use polars::prelude::Float64Chunked;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::encoding::hybrid_rle::Encoder;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DataPageHeaderV1};
use polars_parquet::parquet::schema::types::PrimitiveType;
use polars_parquet::parquet::statistics::PrimitiveStatistics;
use polars_parquet::write::{Descriptor, Encoding, Page, StatisticsOptions};
use std::io;

/// Which rows have a number: Parquet's definition levels (1: it is there, 0: it is missing), as runs of equal levels.
#[derive(Default)]
struct Levels {
    bytes: Vec<u8>,
    /// The level of the last run, and how long it is so far.
    last: bool,
    length: usize,
}

impl Levels {
    fn push(&mut self, level: bool, rows: usize) -> io::Result<()> {
        if rows > 0 && level != self.last {
            self.end_run()?;
            self.last = level;
        }
        self.length += rows;
        Ok(())
    }

    fn end_run(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.length) {
            0 => Ok(()),
            length => <bool as Encoder<bool>>::run_length_encode(&mut self.bytes, length, self.last, 1),
        }
    }
}

/// All numbers in one data page (version 1): the levels, then the numbers that are there, as they are (encoding `PLAIN`). Its bytes do
/// not depend on the pieces.
pub(crate) fn page(
    numbers: &Float64Chunked,
    primitive_type: PrimitiveType,
    statistics: StatisticsOptions,
) -> io::Result<Page> {
    let mut levels = Levels::default();
    let mut present: Vec<&[f64]> = Vec::new();
    for piece in numbers.downcast_iter() {
        let mut values = piece.values().as_slice();
        let Some(validity) = piece.validity() else {
            levels.push(true, values.len())?;
            present.push(values);
            continue;
        };
        let mut validity = validity.iter();
        while !values.is_empty() {
            let there = validity.take_leading_ones();
            let missing = validity.take_leading_zeros();
            levels.push(true, there)?;
            levels.push(false, missing)?;
            present.push(&values[..there]);
            values = &values[there + missing..];
        }
    }
    levels.end_run()?;
    let levels = levels.bytes;
    let count: usize = present.iter().map(|values| values.len()).sum();
    let mut buffer = Vec::with_capacity(size_of::<u32>() + levels.len() + size_of::<f64>() * count);
    buffer.extend(u32::try_from(levels.len()).map_err(io::Error::other)?.to_le_bytes());
    buffer.extend(levels);
    for values in present {
        buffer.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    let rows = numbers.len();
    let null_count = i64::try_from(rows - count).map_err(io::Error::other)?;
    let statistics = statistics.null_count.then(|| {
        let none = PrimitiveStatistics::<f64> {
            primitive_type: primitive_type.clone(),
            null_count: Some(null_count),
            distinct_count: None,
            min_value: None,
            max_value: None,
        };
        none.serialize()
    });
    let header = DataPageHeaderV1 {
        num_values: i32::try_from(rows).map_err(io::Error::other)?,
        encoding: Encoding::Plain.into(),
        definition_level_encoding: Encoding::Rle.into(),
        repetition_level_encoding: Encoding::Rle.into(),
        statistics,
    };
    // What is written needs the type only; the levels are asked of the file's schema.
    let descriptor = Descriptor { primitive_type, max_def_level: 0, max_rep_level: 0 };
    Ok(Page::Data(DataPage::new(DataPageHeader::V1(header), CowBuffer::Owned(buffer), descriptor, rows)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{NamedFrom, NewChunkedArray, PlSmallStr};
    use polars_parquet::parquet::schema::types::PhysicalType;

    fn bytes(numbers: &Float64Chunked, statistics: StatisticsOptions) -> (Vec<u8>, Option<i64>) {
        let primitive_type = PrimitiveType::from_physical(PlSmallStr::from("x"), PhysicalType::Double);
        let Page::Data(page) = page(numbers, primitive_type, statistics).unwrap() else { panic!("a page of data") };
        let DataPageHeader::V1(header) = page.header() else { panic!("version 1") };
        assert_eq!(header.num_values, i32::try_from(numbers.len()).unwrap());
        (page.buffer().to_vec(), header.statistics.as_ref().and_then(|statistics| statistics.null_count))
    }

    fn column(values: &[Option<f64>]) -> Float64Chunked {
        Float64Chunked::from_slice_options(PlSmallStr::from("x"), values)
    }

    #[test]
    fn levels_are_runs_and_missing_numbers_take_no_room() {
        let mut values = vec![Some(0.5); 203];
        values[0] = None;
        values[201] = None;
        values[202] = None;
        let (page, nulls) = bytes(&column(&values), StatisticsOptions::default());
        // Length of the levels; runs of 1, 200 and 2 rows, shifted left by one (400 = 0b11_001_0000) and in LEB128.
        assert_eq!(page[..11], [7, 0, 0, 0, 2, 0, 0x90, 0x03, 1, 4, 0]);
        assert_eq!(page[11..], 0.5_f64.to_le_bytes().repeat(200));
        assert_eq!(nulls, Some(3));
        assert_eq!(bytes(&column(&values), StatisticsOptions::empty()).1, None);
    }

    #[test]
    fn pieces_do_not_show() {
        let value = |i: u32| (i % 7 != 3 && !(40..60).contains(&i)).then(|| f64::from(i));
        let values: Vec<Option<f64>> = (0..500).map(value).collect();
        let expected = bytes(&column(&values), StatisticsOptions::default());
        for length in [1, 3, 19, 64, 499] {
            let mut pieces = values.chunks(length).map(column);
            let mut joined = pieces.next().unwrap();
            for piece in pieces {
                joined.append(&piece).unwrap();
            }
            assert!(joined.chunks().len() > 1);
            assert!(bytes(&joined, StatisticsOptions::default()) == expected, "{length}");
        }
    }

    #[test]
    fn columns_may_be_full_or_empty_of_numbers() {
        let full = Float64Chunked::new(PlSmallStr::from("x"), [1.0, 2.0]);
        let (page, nulls) = bytes(&full, StatisticsOptions::default());
        assert_eq!(page[..6], [2, 0, 0, 0, 4, 1]);
        assert_eq!((page.len(), nulls), (6 + 16, Some(0)));
        let (page, nulls) = bytes(&column(&[None; 3]), StatisticsOptions::default());
        assert_eq!((page.as_slice(), nulls), ([2, 0, 0, 0, 6, 0].as_slice(), Some(3)));
    }
}
