//! Table `parameters`.

use crate::columns::{Decoder, Encoder, Record};
use crate::error::{Place, RecordsError};
use crate::rows::{Moment, ParameterRow};
use crate::schema::{self, Table};

impl Record for ParameterRow {
    const TABLE: &'static Table = &schema::PARAMETERS;

    fn place(&self) -> Place {
        Place::Run(self.run)
    }

    fn list_values(&self) -> usize {
        self.mean.len() + self.covariance.as_ref().map_or(0, Vec::len)
    }

    fn encode(columns: &mut Encoder<'_, Self>) -> Result<(), RecordsError> {
        columns.u32("run", |row| Some(row.run))?;
        columns.name("moment", |row| Some(row.moment.name()))?;
        columns.u32("component", |row| Some(row.component))?;
        columns.f64("weight", |row| row.weight)?;
        columns.list("mean", |row| Some(&row.mean))?;
        columns.list("covariance", |row| row.covariance.as_deref())
    }

    fn decode(columns: &Decoder<'_>) -> Result<Vec<Self>, RecordsError> {
        let run = columns.u32("run")?;
        let moment = columns.values("moment", &Moment::ALL, Moment::name)?;
        let component = columns.u32("component")?;
        let weight = columns.optional_f64("weight")?;
        let mean = columns.list("mean")?;
        let mut covariance = columns.optional_list("covariance")?;
        let row = |(i, mean): (usize, Vec<f64>)| Self {
            run: run[i],
            moment: moment[i],
            component: component[i],
            weight: weight[i],
            mean,
            covariance: covariance[i].take(),
        };
        Ok(mean.into_iter().enumerate().map(row).collect())
    }
}
