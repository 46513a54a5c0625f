//! Numbers by channel, time and frequency.

/// Numbers `[channel][row][column]`: rows are frames in time, columns are frequencies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Planes {
    /// Channels.
    pub channels: usize,
    /// Rows of a channel.
    pub rows: usize,
    /// Columns of a row.
    pub columns: usize,
    /// The numbers.
    pub data: Vec<f32>,
}

impl Planes {
    /// Zeros.
    #[must_use]
    pub fn zeros(channels: usize, rows: usize, columns: usize) -> Self {
        Self { channels, rows, columns, data: vec![0.0; channels * rows * columns] }
    }

    /// A row of a channel.
    #[must_use]
    pub fn row(&self, channel: usize, row: usize) -> &[f32] {
        let start = (channel * self.rows + row) * self.columns;
        &self.data[start..start + self.columns]
    }

    /// A row of a channel, to be written to.
    pub fn row_mut(&mut self, channel: usize, row: usize) -> &mut [f32] {
        let start = (channel * self.rows + row) * self.columns;
        &mut self.data[start..start + self.columns]
    }
}
