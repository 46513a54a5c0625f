//! Numbers by time, frequency and channel.

/// Numbers `[row][column][channel]`: rows are frames in time, columns are frequencies. All channels of a place are
/// neighbours, so what a convolution sees of a row lies in memory as it is multiplied.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureMap {
    /// Rows.
    pub rows: usize,
    /// Columns of a row.
    pub columns: usize,
    /// Channels of a place.
    pub channels: usize,
    /// The numbers.
    pub data: Vec<f32>,
}

impl FeatureMap {
    /// Zeros.
    #[must_use]
    pub fn zeros(rows: usize, columns: usize, channels: usize) -> Self {
        Self { rows, columns, channels, data: vec![0.0; rows * columns * channels] }
    }

    /// Gives the map its size; what is in it does not matter.
    pub fn resize(&mut self, rows: usize, columns: usize, channels: usize) {
        (self.rows, self.columns, self.channels) = (rows, columns, channels);
        self.data.resize(rows * columns * channels, 0.0);
    }

    /// A row, `[column][channel]`.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        let length = self.columns * self.channels;
        &self.data[row * length..(row + 1) * length]
    }

    /// A row, to be written to.
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        let length = self.columns * self.channels;
        &mut self.data[row * length..(row + 1) * length]
    }

    /// Moves all rows towards the first by so many; the last ones keep what they held.
    pub fn shift(&mut self, rows: usize) {
        self.data.copy_within(rows * self.columns * self.channels.., 0);
    }
}
